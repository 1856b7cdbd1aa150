import { type Command, Option as CommandOption, InvalidArgumentError } from "commander";
import { TunebertError } from "../error.js";
import { flagOf, type Kind, type Option, type Options } from "../option.js";

/** Has a command take options, in --help under a heading where there is one. */
export function addOptions(command: Command, options: Options, heading?: string): void {
  if (heading !== undefined) command.optionsGroup(`${heading}:`);
  for (const [name, option] of Object.entries(options)) {
    command.addOption(commandOption(name, option));
    // That what is not asked for is not done goes without saying.
    if (option.default === false) command.setOptionValueWithSource(name, false, "default");
  }
}

function commandOption(name: string, option: Option<unknown>): CommandOption {
  const { kind, help, default: usual, defaultText, isRequired, conflicts } = option;
  const isSaid = usual !== undefined || defaultText === undefined;
  const flag = new CommandOption(flagOf(name, option), isSaid ? help : `${help} (default: ${defaultText})`);
  // Only what is done by default is negated: --no-label says what is no label.
  flag.negate = usual === true;
  if (kind.choices) flag.choices(kind.choices);
  else if (flag.required) flag.argParser(parserOf(kind));
  if (typeof usual !== "boolean") flag.default(usual);
  return flag.makeOptionMandatory(isRequired).conflicts([...conflicts]);
}

/** Reads the value of an option that is typed. */
export function parserOf<T>(kind: Kind<T>): (text: string, before?: T) => T {
  return (text, before) => {
    const value = refused(() => kind.parse(text, before));
    if (kind.fits(value)) return value;
    throw new InvalidArgumentError(`Expected ${kind.expected}.`);
  };
}

function refused<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof TunebertError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
