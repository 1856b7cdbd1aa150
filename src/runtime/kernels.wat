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

  ;; What a step multiplies with, and adds, four times each.
  (global $kept (mut v128) (v128.const i32x4 0 0 0 0))
  (global $scale (mut v128) (v128.const i32x4 0 0 0 0))
  (global $fresh1 (mut v128) (v128.const i32x4 0 0 0 0))
  (global $beta2 (mut v128) (v128.const i32x4 0 0 0 0))
  (global $fresh2 (mut v128) (v128.const i32x4 0 0 0 0))
  (global $rate (mut v128) (v128.const i32x4 0 0 0 0))
  (global $correction (mut v128) (v128.const i32x4 0 0 0 0))
  (global $epsilon (mut v128) (v128.const i32x4 0 0 0 0))

  ;; Sets the constants of the calls of "adam" and "decay" that follow.
  (func (export "begin")
    (param $kept f32) (param $scale f32) (param $fresh1 f32) (param $beta2 f32) (param $fresh2 f32)
    (param $rate f32) (param $correction f32) (param $epsilon f32)
    (global.set $kept (f32x4.splat (local.get $kept)))
    (global.set $scale (f32x4.splat (local.get $scale)))
    (global.set $fresh1 (f32x4.splat (local.get $fresh1)))
    (global.set $beta2 (f32x4.splat (local.get $beta2)))
    (global.set $fresh2 (f32x4.splat (local.get $fresh2)))
    (global.set $rate (f32x4.splat (local.get $rate)))
    (global.set $correction (f32x4.splat (local.get $correction)))
    (global.set $epsilon (f32x4.splat (local.get $epsilon))))

  ;; p *= kept
  (func (export "decay") (param $p i32) (param $length i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $length) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (v128.store (local.get $p) (f32x4.mul (v128.load (local.get $p)) (global.get $kept)))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (br $next))))

  ;; One step of Adam, with the operations and the order of PyTorch's:
  ;;   p *= kept
  ;;   g *= scale
  ;;   m += (g - m) * fresh1
  ;;   v = v * beta2 + g * g * fresh2
  ;;   p -= rate * (m / (sqrt(v) / correction + epsilon))
  ;; It takes the gradient and leaves zeros behind.
  (func (export "adam") (param $p i32) (param $g i32) (param $m i32) (param $v i32) (param $length i32)
    (local $end i32) (local $gs v128) (local $ms v128) (local $vs v128)
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $length) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $gs (f32x4.mul (v128.load (local.get $g)) (global.get $scale)))
        (v128.store (local.get $g) (v128.const i32x4 0 0 0 0))
        (local.set $ms (v128.load (local.get $m)))
        (local.set $ms
          (f32x4.add (local.get $ms)
            (f32x4.mul (f32x4.sub (local.get $gs) (local.get $ms)) (global.get $fresh1))))
        (local.set $vs
          (f32x4.add
            (f32x4.mul (v128.load (local.get $v)) (global.get $beta2))
            (f32x4.mul (f32x4.mul (local.get $gs) (local.get $gs)) (global.get $fresh2))))
        (v128.store (local.get $m) (local.get $ms))
        (v128.store (local.get $v) (local.get $vs))
        (v128.store (local.get $p)
          (f32x4.sub
            (f32x4.mul (v128.load (local.get $p)) (global.get $kept))
            (f32x4.mul (global.get $rate)
              (f32x4.div (local.get $ms)
                (f32x4.add
                  (f32x4.div (f32x4.sqrt (local.get $vs)) (global.get $correction))
                  (global.get $epsilon))))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br $next)))))
