//! What goes wrong with a provider that is not in this process, whose fault it is, and how to mend it.

/// A key-encryption key that is held elsewhere cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// The provider is left out of this build.
    #[error("this moretta was built without the provider `{0}`; build it with `--features {0}`")]
    NotBuilt(&'static str),
    /// Nobody says where the key-encryption key is, or what lets us use it.
    #[error("the keyring's key-encryption key is held elsewhere, and {what} is not given; set {variable}")]
    NotGiven {
        /// What is missing.
        what: &'static str,
        /// The variable to set.
        variable: String,
    },
    /// A variable has a value that it cannot have.
    #[error("{variable} is not {expected}")]
    Malformed {
        /// Which.
        variable: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The keyring names another key-encryption key than the environment.
    #[error(
        "the keyring is wrapped under {held}, and {variable} says {given}: correct it if this is your keyring; if it is \
         not, somebody put it in the place of yours"
    )]
    Elsewhere {
        /// What the file says.
        held: String,
        /// What the environment says.
        given: String,
        /// Which part of the environment.
        variable: &'static str,
    },
    /// No answer at all.
    #[error("{who} cannot be reached: {why}; see whether it runs, and whether {variable} is right")]
    Unreachable {
        /// The provider.
        who: String,
        /// What the system says.
        why: String,
        /// Where its place is said.
        variable: &'static str,
    },
    /// No answer in time.
    #[error("{who} does not answer within {seconds} s; see whether it, or the network to it, is overloaded")]
    Slow {
        /// The provider.
        who: String,
        /// How long was waited.
        seconds: u64,
    },
    /// Whoever answers cannot prove to be the provider.
    #[error(
        "{who} shows a certificate that is not trusted ({why}); name a file with the certificate of the authority that \
         signed it in {variable}"
    )]
    Untrusted {
        /// The provider.
        who: String,
        /// What is wrong with it.
        why: String,
        /// Where the authority is named.
        variable: &'static str,
    },
    /// It runs and gives no key to anybody.
    #[error("{0} is sealed, or not set up; whoever runs it has to unseal it")]
    Sealed(String),
    /// It does not take what we show.
    #[error("{who} does not take the {credential} given ({why}); it may be wrong, expired or used up: ask for another")]
    LoginRefused {
        /// The provider.
        who: String,
        /// What was shown.
        credential: &'static str,
        /// What it says.
        why: String,
    },
    /// It knows us, and does not let us.
    #[error("{who} does not let this identity {doing}; its administrator has to allow {grant}")]
    Denied {
        /// The provider.
        who: String,
        /// What was tried.
        doing: &'static str,
        /// What is missing.
        grant: String,
    },
    /// It has no such key.
    #[error("{who} has no {what}; {mend}")]
    NoKey {
        /// The provider.
        who: String,
        /// What is missing.
        what: String,
        /// How it is made.
        mend: String,
    },
    /// The key was rotated, and what is older is no longer unwrapped.
    #[error(
        "{0} no longer unwraps what was wrapped under so old a version of its key; take the newest file of the keyring, \
         or have min_decryption_version lowered"
    )]
    TooOld(String),
    /// It refuses for a reason of its own.
    #[error("{who} refuses: {said}")]
    Refused {
        /// The provider.
        who: String,
        /// Its words.
        said: String,
    },
    /// It answers in a way that no such provider does.
    #[error("{who} answers with {what}, which is not understood; see whether {variable} names what you mean")]
    Unexpected {
        /// The provider.
        who: String,
        /// What it answers.
        what: String,
        /// Where its place is said.
        variable: &'static str,
    },
}

impl ProviderFault {
    /// Whether the provider or the way to it is to blame, and not what was asked for.
    pub(in crate::keys) fn is_of_the_machine(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Slow { .. }
                | Self::Sealed(_)
                | Self::Refused { .. }
                | Self::Unexpected { .. }
        )
    }
}
