//! A policy is read or refused, and every refusal can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moretta::policy::Policy;

fuzz_target!(|text: &str| {
    match Policy::parse("fuzz.yaml", text) {
        Ok(policy) => drop(policy.with_labels("labels.yaml", text)),
        Err(errors) => assert!(!errors.problems.is_empty() && !errors.to_string().is_empty()),
    }
});
