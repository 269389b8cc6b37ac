//! Plugins that are sound as files, and go wrong where compiled Rust would not: around the call, and below its types.

use serde_json::json;

use super::core::{Core, SPIN};
use super::encode::{VERSION, Worlds, with_manifest};
use super::manifest;
use super::worlds::{LENT, Lent};

/// Nothing wrong: the control.
pub fn honest() -> Vec<u8> {
    masker(&Core::default())
}

/// Nothing wrong, and another version with another description.
pub fn release(version: &str, description: &str) -> Vec<u8> {
    let mut manifest = manifest::masker();
    manifest["version"] = version.into();
    manifest["description"] = description.into();
    with_manifest(Worlds::of_contract(VERSION).component("masker", &Core::default().wat()), &manifest)
}

/// Nothing wrong, and masks exactly two columns together.
pub fn honest_pairs() -> Vec<u8> {
    let mut manifest = manifest::masker();
    manifest["transforms"][0]["columns"] = json!({ "min": 2, "max": 2 });
    with_manifest(Worlds::of_contract(VERSION).component("masker", &Core::default().wat()), &manifest)
}

/// Nothing wrong, but that its manifest says it makes columns of another type.
pub fn honest_giving(column_type: &str) -> Vec<u8> {
    let mut manifest = manifest::masker();
    manifest["transforms"][0]["types"]["text"] = json!(column_type);
    with_manifest(Worlds::of_contract(VERSION).component("masker", &Core::default().wat()), &manifest)
}

/// Never gets through its start function, so there is never an instance to call.
pub fn start_spins() -> Vec<u8> {
    masker(&Core { start: SPIN, ..Core::default() })
}

/// Takes all memory that it is given in its start function, until it is refused.
pub fn start_hoards() -> Vec<u8> {
    masker(&Core { start: "(loop $more (drop (memory.grow (i32.const 256))) (br $more))", ..Core::default() })
}

/// Fails in its start function.
pub fn start_traps() -> Vec<u8> {
    masker(&Core { start: "unreachable", ..Core::default() })
}

/// Calls its start function in its start function.
pub fn start_recurses() -> Vec<u8> {
    masker(&Core { start: "(call $start)", ..Core::default() })
}

/// Masks honestly, and takes its time: its golden cases come out, each well before the deadline, and are many.
pub fn slow_cases() -> Vec<u8> {
    let mut manifest = manifest::masker();
    let case = |number| json!({ "name": format!("{number}"), "input": { "text": [] }, "output": { "text": [] } });
    manifest["transforms"][0]["cases"] = (0..1_000).map(case).collect();
    let before = "
    (local.set $left (i32.const 50000000))
    (loop $next
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left)))";
    let component = Worlds::of_contract(VERSION).component("masker", &Core { before, ..Core::default() }.wat());
    with_manifest(component, &manifest)
}

/// Never gives memory for the arguments, so it is stopped before its own code is called.
pub fn realloc_spins() -> Vec<u8> {
    masker(&Core { realloc: SPIN, ..Core::default() })
}

/// Gives memory for the arguments that lies outside of its own.
pub fn realloc_lies() -> Vec<u8> {
    masker(&Core { realloc: "(return (i32.const -65536))", ..Core::default() })
}

/// Gives an honest answer, and never comes back from freeing it.
pub fn post_return_spins() -> Vec<u8> {
    masker(&Core { post_return: SPIN, ..Core::default() })
}

/// Divides by zero, which traps.
pub fn divides_by_zero() -> Vec<u8> {
    masker(&Core { before: "(drop (i32.div_u (local.get $count) (i32.const 0)))", ..Core::default() })
}

/// Reads where its memory has ended, which traps.
pub fn reads_past_its_memory() -> Vec<u8> {
    masker(&Core { before: "(drop (i32.load (i32.const -8)))", ..Core::default() })
}

/// Returns a thousand columns of 16 MiB that are all the same piece of memory: small inside, and 16 GB if the host
/// copied it out.
pub fn returns_one_buffer_a_thousand_times() -> Vec<u8> {
    masker(&Core {
        before: "
    (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 36000)))
    (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16777216)))
    (local.set $columns (local.get $at))
    (local.set $left (i32.const 1000))
    (loop $next
      (memory.fill (local.get $at) (i32.const 0) (i32.const 36))
      (i32.store8 offset=16 (local.get $at) (i32.const 1))
      (i32.store offset=32 (local.get $at) (i32.const 16777216))
      (local.set $at (i32.add (local.get $at) (i32.const 36)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left)))
    (i32.store (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (local.get $columns))
    (i32.store (i32.const 24) (i32.const 1000))
    (i64.store (i32.const 28) (i64.const 0))",
        answer: "(i32.const 16)",
        ..Core::default()
    })
}

/// Masks without what it is lent, and does not give it back.
pub fn keeps(lent: &Lent) -> Vec<u8> {
    keyed(lent, "")
}

/// Gives back what it is lent twice.
pub fn gives_back_twice(lent: &Lent) -> Vec<u8> {
    keyed(lent, "(call $give_back (local.get $key)) (call $give_back (local.get $key))")
}

/// Gives back what it is lent and one that it makes up: the next, which is another's if there is one.
pub fn gives_back_another(lent: &Lent) -> Vec<u8> {
    keyed(lent, "(call $give_back (i32.add (local.get $key) (i32.const 1)))")
}

/// Gives its key back, and asks it for digests then.
pub fn uses_a_key_given_back() -> Vec<u8> {
    let [pseudonym, ..] = &LENT;
    let imports = pseudonym.give_back("$give_back")
        + r#"(import "moretta:plugin/pseudonym@0.1.0" "[method]pseudonym-key.digests"
            (func $digests (param i32 i32 i32 i32 i32)))"#;
    let before = "
    (call $give_back (local.get $key))
    (call $digests (local.get $key) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 64))";
    of_world(pseudonym, &Core { imports: &imports, before, ..Core::default() })
}

fn keyed(lent: &Lent, before: &str) -> Vec<u8> {
    of_world(lent, &Core { imports: &lent.give_back("$give_back"), before, ..Core::default() })
}

fn of_world(lent: &Lent, core: &Core<'_>) -> Vec<u8> {
    let core = Core { export: lent.export, ..*core };
    let component = Worlds::of_contract(VERSION).component(lent.world, &core.wat());
    with_manifest(component, &manifest::of_world(lent.world, lent.asks))
}

fn masker(core: &Core<'_>) -> Vec<u8> {
    let component = Worlds::of_contract(VERSION).component("masker", &core.wat());
    with_manifest(component, &manifest::masker())
}
