;; Loops over float32 arrays that JavaScript runs too slowly, four elements at a time. Lengths are counted in
;; elements and are rounded up to multiples of four; arrays are given by their byte offsets in memory.
(module
  (memory (import "host" "memory") 1)

  ;; to[i] += from[i]
  (func (export "add") (param $to i32) (param $from i32) (param $length i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $length) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (v128.store (local.get $to)
          (f32x4.add (v128.load (local.get $to)) (v128.load (local.get $from))))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next))))

  ;; to[i] *= factor, so many times over. Elements are the inner loop, since their products do not wait for each other.
  (func (export "multiply") (param $to i32) (param $length i32) (param $factor f32) (param $times i32)
    (local $end i32) (local $factors v128) (local $at i32)
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $length) (i32.const 2))))
    (local.set $factors (f32x4.splat (local.get $factor)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $times)))
        (local.set $at (local.get $to))
        (block $through
          (loop $next
            (br_if $through (i32.ge_u (local.get $at) (local.get $end)))
            (v128.store (local.get $at) (f32x4.mul (v128.load (local.get $at)) (local.get $factors)))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $next)))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br $again))))

  ;; One step of Adam, with the operations and the order of PyTorch's:
  ;;   p *= kept
  ;;   g *= scale
  ;;   m += (g - m) * fresh1, or 0 where that is denormal
  ;;   v = v * beta2 + g * g * fresh2
  ;;   p -= rate * (m / (sqrt(v) / correction + epsilon))
  ;; It takes the gradient and leaves zeros behind.
  ;; Numbers whose exponent has no bit set are denormal. They are slow, and without a gradient m would never get past
  ;; them: 0.9 times the least of them is rounded to the least. They cannot be seen in a parameter, which, with epsilon at
  ;; 1e-8, they would move by less than rate * 1.2e-30.
  (func (export "adam") (param $p i32) (param $g i32) (param $m i32) (param $v i32) (param $length i32)
    (param $kept f32) (param $scale f32) (param $fresh1 f32) (param $beta2 f32) (param $fresh2 f32)
    (param $rate f32) (param $correction f32) (param $epsilon f32)
    (local $end i32) (local $gs v128) (local $ms v128) (local $vs v128)
    (local $keptx4 v128) (local $scalex4 v128) (local $fresh1x4 v128) (local $beta2x4 v128) (local $fresh2x4 v128)
    (local $ratex4 v128) (local $correctionx4 v128) (local $epsilonx4 v128) (local $exponent v128)
    (local.set $keptx4 (f32x4.splat (local.get $kept)))
    (local.set $scalex4 (f32x4.splat (local.get $scale)))
    (local.set $fresh1x4 (f32x4.splat (local.get $fresh1)))
    (local.set $beta2x4 (f32x4.splat (local.get $beta2)))
    (local.set $fresh2x4 (f32x4.splat (local.get $fresh2)))
    (local.set $ratex4 (f32x4.splat (local.get $rate)))
    (local.set $correctionx4 (f32x4.splat (local.get $correction)))
    (local.set $epsilonx4 (f32x4.splat (local.get $epsilon)))
    (local.set $exponent (i32x4.splat (i32.const 0x7f800000)))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $length) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $gs (f32x4.mul (v128.load (local.get $g)) (local.get $scalex4)))
        (v128.store (local.get $g) (v128.const i32x4 0 0 0 0))
        (local.set $ms (v128.load (local.get $m)))
        (local.set $ms
          (f32x4.add (local.get $ms)
            (f32x4.mul (f32x4.sub (local.get $gs) (local.get $ms)) (local.get $fresh1x4))))
        (local.set $ms
          (v128.andnot (local.get $ms)
            (i32x4.eq (v128.and (local.get $ms) (local.get $exponent)) (v128.const i32x4 0 0 0 0))))
        (local.set $vs
          (f32x4.add
            (f32x4.mul (v128.load (local.get $v)) (local.get $beta2x4))
            (f32x4.mul (f32x4.mul (local.get $gs) (local.get $gs)) (local.get $fresh2x4))))
        (v128.store (local.get $m) (local.get $ms))
        (v128.store (local.get $v) (local.get $vs))
        (v128.store (local.get $p)
          (f32x4.sub
            (f32x4.mul (v128.load (local.get $p)) (local.get $keptx4))
            (f32x4.mul (local.get $ratex4)
              (f32x4.div (local.get $ms)
                (f32x4.add
                  (f32x4.div (f32x4.sqrt (local.get $vs)) (local.get $correctionx4))
                  (local.get $epsilonx4))))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br $next)))))
