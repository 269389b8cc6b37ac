//! A manifest is read or refused, and what was read completes configurations.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moretta::manifest::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        for transform in &manifest.transforms {
            if let Ok(config) = transform.complete_config(&Default::default()) {
                assert!(transform.distinct_outputs(&config).is_none_or(|outputs| outputs >= 0.0));
            }
        }
    }
});
