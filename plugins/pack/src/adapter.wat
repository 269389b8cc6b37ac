;; Answers `wasi_snapshot_preview1` inside the component, for languages whose runtimes ask for it: Go, and C where it
;; uses the parts of its library that talk to a system. The component then imports nothing of WASI.
;;
;; Nothing here knows anything of the world: the clock is a counter, random bytes are all 42, there are no arguments, no
;; environment and no files, what is written is swallowed, and an exit is a trap. A write to the standard streams must
;; succeed: a runtime that reports a fault would otherwise report that, for ever.
(module
  (import "env" "memory" (memory 0))
  (global $time (mut i64) (i64.const 1))

  (func $none (param i32 i32) (result i32) i32.const 0)
  (func $no_sizes (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    i32.const 0)
  (export "args_get" (func $none))
  (export "args_sizes_get" (func $no_sizes))
  (export "environ_get" (func $none))
  (export "environ_sizes_get" (func $no_sizes))

  (func (export "clock_res_get") (param i32 i32) (result i32)
    (i64.store (local.get 1) (i64.const 1))
    i32.const 0)
  (func (export "clock_time_get") (param i32 i64 i32) (result i32)
    (global.set $time (i64.add (global.get $time) (i64.const 1000)))
    (i64.store (local.get 2) (global.get $time))
    i32.const 0)
  (func (export "random_get") (param $to i32) (param $length i32) (result i32)
    (memory.fill (local.get $to) (i32.const 42) (local.get $length))
    i32.const 0)
  ;; What the runtime of generated Go code asks of its adapter: this clock never calls on anyone, so it has no need to.
  (func (export "adapter_monotonic_clock_set_paused") (param i32))
  (func (export "proc_exit") (param i32) unreachable)
  (func (export "sched_yield") (result i32) i32.const 0)

  ;; Adds up the lengths of the pieces, and says that all of it was written.
  (func (export "fd_write") (param $fd i32) (param $pieces i32) (param $count i32) (param $written i32) (result i32)
    (local $piece i32) (local $sum i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $piece) (local.get $count)))
        (local.set $sum (i32.add (local.get $sum)
          (i32.load offset=4 (i32.add (local.get $pieces) (i32.shl (local.get $piece) (i32.const 3))))))
        (local.set $piece (i32.add (local.get $piece) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $written) (local.get $sum))
    i32.const 0)

  ;; 8 is EBADF: no such file is open. 52 is ENOSYS: there is no such thing here.
  (func (export "fd_close") (param i32) (result i32) i32.const 8)
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_filestat_get") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) i32.const 8)
  (func (export "fd_prestat_get") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) i32.const 8)
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) i32.const 8)
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) i32.const 8)
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) i32.const 8)
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) i32.const 52)
)
