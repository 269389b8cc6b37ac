//! A valid module of any content inside an honest component, made into an instance at each call: whatever it declares and
//! its start function does, the component answers or is at fault.

#![no_main]

use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use wasm_smith::{Config, Module};
use wasmparser::{Parser, Payload};

#[path = "../call.rs"]
mod call;

const HONEST: &[u8] = include_bytes!("../../guests/packed/forged/honest.wasm");

fuzz_target!(|bytes: &[u8]| {
    let mut unstructured = Unstructured::new(bytes);
    if let Ok(module) = config(&mut unstructured).and_then(|config| Module::new(config, &mut unstructured)) {
        call::call(&with_instance_of(&module.to_bytes()));
    }
});

/// Nothing to import, and a start function where there is any function that can be one.
fn config(unstructured: &mut Unstructured<'_>) -> libfuzzer_sys::arbitrary::Result<Config> {
    let mut config = Config::arbitrary(unstructured)?;
    (config.max_imports, config.allow_start_export) = (0, true);
    (config.min_funcs, config.max_funcs) = (1, config.max_funcs.max(1));
    (config.threads_enabled, config.gc_enabled, config.memory64_enabled) = (false, false, false);
    (config.exceptions_enabled, config.shared_everything_threads_enabled) = (false, false);
    (config.custom_page_sizes_enabled, config.wide_arithmetic_enabled) = (false, false);
    Ok(config)
}

/// The honest component with a core module (section 1) and an instance of it (section 2: one, made of a module, of this
/// index, without arguments).
fn with_instance_of(module: &[u8]) -> Vec<u8> {
    let is_module = |payload: &Payload<'_>| matches!(payload, Payload::ModuleSection { .. });
    let modules = Parser::new(0).parse_all(HONEST).flatten().filter(is_module).count();
    let instance = [1, 0, modules as u8, 0];
    let mut component = HONEST.to_vec();
    for (id, content) in [(1, module), (2, &instance)] {
        component.push(id);
        let mut length = content.len();
        while length > 127 {
            component.push(length as u8 | 128);
            length >>= 7;
        }
        component.push(length as u8);
        component.extend(content);
    }
    component
}
