/** What a page in Markdown refers to, as it is written. */
export function links(page: string): string[] {
  return [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, markdown, html]) => markdown ?? html!,
  );
}

/** The names of a page's headings, by which links find them on GitHub and npm. */
export function anchors(page: string): Set<string> {
  const headings = [...page.replaceAll(FENCED, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

const FENCED = /^```[\s\S]*?^```/gm;

function withoutCode(page: string): string {
  return page.replaceAll(FENCED, "").replaceAll(/`[^`]*`/g, "code");
}
