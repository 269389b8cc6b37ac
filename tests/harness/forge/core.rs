//! A core module that masks, in WAT, with parts to exchange.

use super::encode::VERSION;

/// The parts of the module. Each text is WAT.
pub(super) struct Core<'a> {
    /// The interface whose `mask` is exported, without package and version.
    pub(super) export: &'a str,
    /// The version of the contract that the export names.
    pub(super) version: &'a str,
    /// Whole imports.
    pub(super) imports: &'a str,
    /// What `mask` does before it answers. It can use `$columns`, `$count` and, lent behind the context, `$key`.
    pub(super) before: &'a str,
    /// What `mask` answers, an address.
    pub(super) answer: &'a str,
    /// What the allocator does before it gives memory.
    pub(super) realloc: &'a str,
    /// What is done with the answer once the host has read it.
    pub(super) post_return: &'a str,
    /// What is done when an instance is made.
    pub(super) start: &'a str,
}

/// For ever.
pub(super) const SPIN: &str = "(loop $for_ever (br $for_ever))";

/// Takes the address of the answer from `$honest`, which overwrites all values with asterisks and returns the columns as
/// they lie there: the layout of arguments and results is the same.
const HONEST: &str = "(call $honest (local.get $columns) (local.get $count))";

impl Default for Core<'_> {
    fn default() -> Self {
        Self {
            export: "mask",
            version: VERSION,
            imports: "",
            before: "",
            answer: HONEST,
            realloc: "",
            post_return: "",
            start: "",
        }
    }
}

impl Core<'_> {
    /// The whole module.
    ///
    /// A column has 36 bytes: rows at 0, validity at 4, the case of its values at 16, the address of its offsets at 20 and
    /// their number at 24, the address of its data at 28 and their length at 32. The answer lies at 16: 0 for success,
    /// then the address and number of the columns, then of the rejections.
    pub(super) fn wat(&self) -> String {
        let Self { export, version, imports, before, answer, realloc, post_return, start } = self;
        let key = if *export == "mask" { "" } else { "(param $key i32)" };
        format!(
            r#"(module
  {imports}
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (func $realloc (export "cabi_realloc") (param $old i32) (param i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    {realloc}
    (local.set $at (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $enough (loop $more
      (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
      unreachable))
    (local.get $at))
  (func $honest (param $columns i32) (param $count i32) (result i32)
    (i32.store (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (local.get $columns))
    (i32.store (i32.const 24) (local.get $count))
    (i64.store (i32.const 28) (i64.const 0))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (memory.fill
        (i32.load offset=28 (local.get $columns)) (i32.const 42) (i32.load offset=32 (local.get $columns)))
      (local.set $columns (i32.add (local.get $columns) (i32.const 36)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next)))
    (i32.const 16))
  (func (export "moretta:plugin/{export}@{version}#mask")
    (param $transform i32) (param i32) (param $config i32) (param i32) (param $has_date i32) (param i32)
    (param $columns i32) (param $count i32) (param $context i32) (param i32) {key} (result i32)
    (local $at i32) (local $left i32)
    {before}
    {answer})
  (func (export "cabi_post_moretta:plugin/{export}@{version}#mask") (param i32)
    {post_return})
  (func $start
    {start})
  (start $start))"#
        )
    }
}
