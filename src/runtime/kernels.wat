;; Loops over float32 arrays that JavaScript runs too slowly, four elements at a time. Lengths are counted in
;; elements and are multiples of four; arrays are given by their byte offsets in memory.
(module
  (memory (export "memory") 8)

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

  ;; One step of Adam, with the operations and the order of PyTorch's:
  ;;   m += (g - m) * fresh1
  ;;   v = v * beta2 + g * g * fresh2
  ;;   p -= rate * (m / (sqrt(v) / correction + epsilon))
  (func (export "adam")
    (param $p i32) (param $g i32) (param $m i32) (param $v i32) (param $length i32)
    (param $fresh1 f32) (param $beta2 f32) (param $fresh2 f32)
    (param $rate f32) (param $correction f32) (param $epsilon f32)
    (local $end i32) (local $gs v128) (local $ms v128) (local $vs v128)
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $length) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $gs (v128.load (local.get $g)))
        (local.set $ms (v128.load (local.get $m)))
        (local.set $ms
          (f32x4.add (local.get $ms)
            (f32x4.mul (f32x4.sub (local.get $gs) (local.get $ms)) (f32x4.splat (local.get $fresh1)))))
        (local.set $vs
          (f32x4.add
            (f32x4.mul (v128.load (local.get $v)) (f32x4.splat (local.get $beta2)))
            (f32x4.mul (f32x4.mul (local.get $gs) (local.get $gs)) (f32x4.splat (local.get $fresh2)))))
        (v128.store (local.get $m) (local.get $ms))
        (v128.store (local.get $v) (local.get $vs))
        (v128.store (local.get $p)
          (f32x4.sub (v128.load (local.get $p))
            (f32x4.mul (f32x4.splat (local.get $rate))
              (f32x4.div (local.get $ms)
                (f32x4.add
                  (f32x4.div (f32x4.sqrt (local.get $vs)) (f32x4.splat (local.get $correction)))
                  (f32x4.splat (local.get $epsilon)))))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br $next)))))
