//! `wit/` 0.1 as Rust, generated, and nothing else.

wasmtime::component::bindgen!({
    path: "../wit",
    inline: "
        package moretta:host;
        world host {
            import moretta:plugin/pseudonym@0.1.0;
            import moretta:plugin/date-shift@0.1.0;
            import moretta:plugin/encryption@0.1.0;
            import moretta:plugin/deterministic-encryption@0.1.0;
            import moretta:plugin/format-preserving-encryption@0.1.0;
            import moretta:plugin/vault@0.1.0;
            import moretta:plugin/random@0.1.0;
            export moretta:plugin/mask@0.1.0;
            export moretta:plugin/mask-with-pseudonym-key@0.1.0;
            export moretta:plugin/mask-with-date-shift-key@0.1.0;
            export moretta:plugin/mask-with-encryption-key@0.1.0;
            export moretta:plugin/mask-with-deterministic-encryption-key@0.1.0;
            export moretta:plugin/mask-with-format-preserving-key@0.1.0;
            export moretta:plugin/mask-with-token-vault@0.1.0;
            export moretta:plugin/mask-with-randomness@0.1.0;
            export moretta:plugin/classify@0.1.0;
            export moretta:plugin/find@0.1.0;
        }
    ",
    world: "moretta:host/host",
    ownership: Borrowing { duplicate_if_necessary: true },
    imports: { default: trappable },
    with: {
        "moretta:plugin/pseudonym.pseudonym-key": crate::keys::LentPseudonymKey,
        "moretta:plugin/date-shift.date-shift-key": crate::keys::LentDateShiftKey,
        "moretta:plugin/encryption.encryption-key": crate::keys::LentEncryptionKey,
        "moretta:plugin/deterministic-encryption.deterministic-encryption-key":
            crate::keys::LentDeterministicEncryptionKey,
        "moretta:plugin/format-preserving-encryption.format-preserving-key": crate::keys::LentFormatPreservingKey,
        "moretta:plugin/vault.token-vault": crate::vault::LentVault,
        "moretta:plugin/random.randomness": crate::keys::LentRandomness,
    },
    require_store_data_send: true,
});
