//! The arguments of what is done with keys and approvals.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::parse_key;
use crate::keys::{Protection, Purpose};

/// What each setting protects from whom, in plain words.
pub(super) const THREATS: &str = "\
How keys are kept:
  Each version of each key is encrypted under a key-encryption key (KEK). --protect says who has it:

  key-file     A file beside the keyring. The default without any setting, for a first try.
  environment  The variable MORETTA_KEK (base64 of 32 bytes), filled by a store of secrets.
  passphrase   MORETTA_PASSPHRASE, --passphrase-file or a question. Argon2id with 64 MiB and
               3 passes (RFC 9106), and 15 characters at least.
  openbao      A transit key of OpenBao or Vault (AES-256-GCM), which never leaves the server.
  pkcs11       A key in a token that PKCS #11 reaches, such as an HSM, which never leaves it.
  aws-kms      A key of AWS KMS, which never leaves the service.

                                                                                 openbao, pkcs11,
  Who has                        key-file   environment      passphrase          aws-kms
  another account here           nothing    nothing          nothing             nothing
  a stolen disk                  every key  nothing, unless  every key, if they  nothing, unless the
                                            it is on it too  can guess it        credential is on it
  a stolen backup                every key  nothing          the same            nothing
  the account that runs moretta  every key  every key        every key, while    every key, until it
                                                             it is given         is barred there

  A malicious operator who may run moretta as that account, and no other program, can use keys and
  cannot read them; and where operators are registered (`moretta operators`), cannot destroy one or
  choose another KEK alone; nor can they see what was encrypted (`moretta reveal --help`). Who can
  read the KEK, or use it, can write a program that does everything, and approvals bind nobody: keep
  it, or the credential for it, where no single person can read it.

  The file is authenticated as a whole: a key that is moved, renamed, enabled or added by hand is
  noticed. An older file of the same keyring is not, but for its lower number in `keys list`: it
  brings back what was destroyed or disabled since, and takes away operators. After `keys rewrap`
  no older file opens with the new KEK; destroy the old one.

A KEK that is held elsewhere:
  The environment says where it is and what lets us use it. The keyring's file names the key alone,
  and the environment has to name the same one. A run costs one login, one call for the keyring and
  one for each version of a key that it uses, and none for values. A credential may be in a file
  that its owner alone can read: the same variable with _FILE at its end names it. `keys rewrap`
  reads MORETTA_NEW_… for the new KEK, and where that is not set what the old one has; but at another
  address, or for another token, credentials have to be given anew.

  openbao  MORETTA_OPENBAO_KEY        transit/moretta: where the engine is mounted, and the key
           MORETTA_OPENBAO_ADDR       https://HOST:PORT; http:// for this very machine alone
           MORETTA_OPENBAO_CACERT     who signed its certificate, if the system does not trust it
           MORETTA_OPENBAO_ROLE_ID    with MORETTA_OPENBAO_SECRET_ID: an AppRole that may `update`
                                      transit/encrypt/moretta and transit/decrypt/moretta
           MORETTA_OPENBAO_TOKEN      in place of the AppRole
           After the server rotates its key, `keys rewrap --protect openbao` wraps every key under
           the newest version. Raise min_decryption_version then, and no older file opens.
  pkcs11   MORETTA_PKCS11_MODULE      the path of the token's module
           MORETTA_PKCS11_TOKEN       the label of the token
           MORETTA_PKCS11_KEY         the label of an AES key in it; `keys init` makes a missing one
           MORETTA_PKCS11_PIN         the PIN of its user
  aws-kms  MORETTA_KMS_KEY            the key's ARN, not an alias; KMS logs the names of data keys
           AWS_ACCESS_KEY_ID          with AWS_SECRET_ACCESS_KEY and, if there is one,
                                      AWS_SESSION_TOKEN, as `aws configure export-credentials
                                      --format env` prints them: may kms:Encrypt and kms:Decrypt
           MORETTA_KMS_ENDPOINT       an address of one's own (MORETTA_KMS_CACERT: who signed its
                                      certificate)

  They are in builds with `--features openbao,pkcs11,aws-kms`.";

/// Make, list, rotate, seal and destroy keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a keyring with new keys.
    Init {
        /// Where; the directory must not hold a keyring yet.
        #[command(flatten)]
        keyring: KeyringArguments,
        /// A key to make: pseudonym, date-shift or quarantine for its purpose. May be given several times.
        /// Without it: identity=pseudonym, dates=date-shift, quarantine=quarantine.
        #[arg(long = "key", value_name = "NAME=PURPOSE", value_parser = parse_key)]
        keys: Vec<(String, Purpose)>,
        /// What protects it: key-file, environment, passphrase, openbao, pkcs11 or aws-kms. Without it what the
        /// environment gives, else key-file.
        #[arg(long, value_name = "HOW", value_parser = parse_protection)]
        protect: Option<Protection>,
    },
    /// List the keys of a keyring: names, purposes, versions. Key bytes are never shown.
    List {
        /// Which.
        #[command(flatten)]
        keyring: KeyringArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Add a key.
    Add {
        /// Its name and purpose: pseudonym, date-shift or quarantine.
        #[arg(value_name = "NAME=PURPOSE", value_parser = parse_key)]
        key: (String, Purpose),
        /// To which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
    },
    /// Make a new primary version of a key. What was made under older ones can still be read.
    ///
    /// Pseudonyms and date offsets of new runs are other ones: what was masked before does not join with what is masked
    /// after. Rotate such a key between two releases of data, not within one.
    Rotate {
        /// Its name.
        key: String,
        /// Of which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
    },
    /// Let a version of a key be used for nothing, until it is enabled again.
    Disable {
        /// Its name.
        key: String,
        /// Which version.
        #[arg(long, value_name = "N")]
        version: u32,
        /// Of which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
    },
    /// Let a disabled version of a key read again.
    Enable {
        /// Its name.
        key: String,
        /// Which version.
        #[arg(long, value_name = "N")]
        version: u32,
        /// Of which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
    },
    /// Destroy a version of a key. What was encrypted under it is gone, for everybody and for ever.
    ///
    /// Says what is lost and asks twice. A keyring with operators wants two approvals of exactly this: --ask writes the
    /// request, `moretta approve` signs it, --request and --approval bring it back.
    Destroy(DestroyArguments),
    /// Encrypt every key anew under another key-encryption key: another passphrase, or another kind of protection.
    ///
    /// The new secret is MORETTA_NEW_PASSPHRASE, --new-passphrase-file or a question, or MORETTA_NEW_KEK. Keys stay what
    /// they are, and so do pseudonyms. The old secret opens older copies of the keyring, and nothing else. A keyring with
    /// operators wants two approvals.
    Rewrap {
        /// Which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
        /// What protects it from now on, as for `init`. Without it what the environment gives.
        #[arg(long, value_name = "HOW", value_parser = parse_protection)]
        protect: Option<Protection>,
        /// A file with the new passphrase.
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
        /// The consent of others, where there are operators.
        #[command(flatten)]
        consent: ConsentArguments,
    },
    /// Print what others may know, as JSON: ids, names, versions, public keys of operators.
    ExportPublic {
        /// Of which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
    },
}

/// Which version of which key to destroy.
#[derive(Args, Debug)]
pub struct DestroyArguments {
    /// The name of the key.
    pub key: String,
    /// Which version.
    #[arg(long, value_name = "N")]
    pub version: u32,
    /// Of which keyring.
    #[command(flatten)]
    pub keyring: KeyringArguments,
    /// Even if it is the primary version, which new data is made under.
    #[arg(long)]
    pub even_primary: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// The consent of others.
    #[command(flatten)]
    pub consent: ConsentArguments,
}

/// Which keyring, and what opens it.
#[derive(Args, Debug)]
pub struct KeyringArguments {
    /// The directory of the keyring.
    #[arg(long, value_name = "DIR", env = "MORETTA_KEYRING")]
    pub keyring: PathBuf,
    /// A file with its passphrase. Else MORETTA_PASSPHRASE or, on a terminal, a question.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// How the consent of others is asked for, and brought back.
#[derive(Args, Debug)]
pub struct ConsentArguments {
    /// Write a request for it here, for others to approve, and do nothing else.
    #[arg(long, value_name = "REQUEST.json", requires = "justification", conflicts_with_all = ["request", "approvals"])]
    pub ask: Option<PathBuf>,
    /// With --ask: who asks. They cannot approve it themselves.
    #[arg(long, visible_alias = "as", value_name = "NAME", env = "USER", default_value = "")]
    pub requester: String,
    /// With --ask: why.
    #[arg(long, value_name = "TEXT")]
    pub justification: Option<String>,
    /// With --ask: how long the request stands.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=168))]
    pub valid_hours: u32,
    /// The request that others approved.
    #[arg(long, value_name = "REQUEST.json", requires = "approvals")]
    pub request: Option<PathBuf>,
    /// An approval of it. Two are needed.
    #[arg(long = "approval", value_name = "A.json", requires = "request")]
    pub approvals: Vec<PathBuf>,
}

/// Say whose approval counts.
#[derive(Debug, Subcommand)]
pub enum OperatorsCommand {
    /// Make the key that an operator approves with, and print its public key.
    NewKey {
        /// Where to write the secret key, readable by its owner alone.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Register an operator. Once there are two, it takes their approval.
    Add {
        /// A name of a-z, 0-9 and -.
        name: String,
        /// The public key that `new-key` printed.
        #[arg(long, value_name = "KEY")]
        public_key: String,
        /// Let them reveal on one approval in an emergency (`moretta reveal --break-glass`), with an alarm in the audit
        /// trail and a review by two others.
        #[arg(long)]
        break_glass: bool,
        /// In which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
        /// The consent of others.
        #[command(flatten)]
        consent: ConsentArguments,
    },
    /// List operators and their public keys.
    List {
        /// Of which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
    },
    /// Strike an operator off. Where there are two or more, it takes the approval of two.
    Remove {
        /// The name.
        name: String,
        /// Of which keyring.
        #[command(flatten)]
        keyring: KeyringArguments,
        /// The consent of others.
        #[command(flatten)]
        consent: ConsentArguments,
    },
}

/// What to approve, and as whom.
#[derive(Args, Debug)]
pub struct ApproveArguments {
    /// The request.
    #[arg(value_name = "REQUEST.json")]
    pub request: PathBuf,
    /// The name under which the keyring knows you.
    #[arg(long = "as", value_name = "NAME")]
    pub name: String,
    /// Your secret key, made with `moretta operators new-key`.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Where to write the approval.
    #[arg(long, value_name = "A.json")]
    pub out: PathBuf,
    /// How long the approval stands; never longer than the request.
    #[arg(long, value_name = "N", default_value_t = 168, value_parser = clap::value_parser!(u32).range(1..=168))]
    pub valid_hours: u32,
}

fn parse_protection(text: &str) -> Result<Protection, String> {
    let names = || Protection::ALL.map(Protection::name).join(", ");
    let found = Protection::ALL.into_iter().find(|protection| protection.name() == text);
    found.ok_or_else(|| format!("a protection is one of {}", names()))
}
