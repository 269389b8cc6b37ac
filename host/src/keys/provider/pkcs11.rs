//! A key-encryption key in a token that PKCS #11 reaches: a hardware security module, or SoftHSM.
//!
//! The key is made in the token, sensitive and not extractable, and never leaves it: the token wraps data keys with
//! AES-256-GCM, with what they are bound to as associated data. A run costs one session and login, one call for the
//! keyring itself, and one for each version of a key that is granted; none is made for values.
//!
//! The module is a program that runs in this process, so its path comes from the environment alone.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::elsewhere::{TOKEN, TokenKey};
use super::{Provider, ProviderFault, Secrets, Settings};
use crate::keys::KeyError;
use crate::keys::material::{LENGTH, Material};
use crate::keys::wrapped::{Context, Wrapped};

/// The path of the module.
const MODULE: &str = "MORETTA_PKCS11_MODULE";
const PIN: &str = "MORETTA_PKCS11_PIN";
/// The length of a nonce in bytes.
const NONCE: usize = 12;
/// The length of a tag in bits.
const TAG_BITS: u64 = 128;

/// A session with a token, and one key in it. A wrapped key is nonce, ciphertext and tag: 60 bytes.
pub(super) struct Token {
    session: Mutex<Session>,
    key: ObjectHandle,
    name: String,
    settings: Settings,
}

impl Token {
    /// Logs in to the token that has the key-encryption key of a keyring.
    ///
    /// # Errors
    /// The environment does not say how to reach it, it does not take the PIN, or has no such key.
    pub(super) fn open(place: TokenKey, secrets: &Secrets) -> Result<Self, KeyError> {
        let session = log_in(&place, secrets)?;
        let missing = || ProviderFault::NoKey {
            who: name(&place),
            what: format!("AES key labelled `{}`", place.key.escape_default()),
            mend: "see whether it is the token that the keyring was made with".to_owned(),
        };
        let key = find(&session, &place)?.ok_or_else(missing)?;
        Ok(Self::with(session, key, place))
    }

    /// The same for a new keyring. Makes the key where there is none of this label.
    ///
    /// # Errors
    /// As [`Token::open`], or the key that is there can leave the token.
    pub(super) fn establish(place: TokenKey, secrets: &Secrets) -> Result<Self, KeyError> {
        let session = log_in(&place, secrets)?;
        let key = match find(&session, &place)? {
            Some(key) => stays_inside(&session, key, &place)?,
            None => make(&session, &place)?,
        };
        Ok(Self::with(session, key, place))
    }

    fn with(session: Session, key: ObjectHandle, place: TokenKey) -> Self {
        Self { session: Mutex::new(session), key, name: name(&place), settings: Settings::Pkcs11(place) }
    }

    fn run<T>(
        &self,
        nonce: &mut [u8; NONCE],
        context: &Context<'_>,
        operation: impl FnOnce(&Session, &Mechanism<'_>) -> Result<T, Error>,
    ) -> Result<T, KeyError> {
        let clear = context.bytes();
        let parameters = GcmParams::new(nonce, &clear, TAG_BITS.into()).map_err(|error| fault(&self.name, &error))?;
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        operation(&session, &Mechanism::AesGcm(parameters)).map_err(|error| fault(&self.name, &error))
    }
}

impl Provider for Token {
    fn wrap(&self, key: &Material, context: &Context<'_>) -> Result<Wrapped, KeyError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::NoRandomness)?;
        // A token may put a nonce of its own in the place of ours.
        let sealed = self.run(&mut nonce, context, |session, how| session.encrypt(how, self.key, key.to_store()))?;
        Ok(Wrapped([&nonce, sealed.as_slice()].concat()))
    }

    fn unwrap(&self, wrapped: &Wrapped, context: &Context<'_>) -> Result<Material, KeyError> {
        let (nonce, sealed) = wrapped.0.split_first_chunk::<NONCE>().ok_or(KeyError::NotUnwrapped)?;
        if sealed.len() != LENGTH + 16 {
            return Err(KeyError::NotUnwrapped);
        }
        let opened =
            self.run(&mut nonce.to_owned(), context, |session, how| match session.decrypt(how, self.key, sealed) {
                Err(Error::Pkcs11(why, _)) if is_of_the_ciphertext(why) => Ok(None),
                other => other.map(Zeroizing::new).map(Some),
            })?;
        opened.and_then(|opened| Material::stored(&opened)).ok_or(KeyError::NotUnwrapped)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

fn name(place: &TokenKey) -> String {
    format!("the token `{}`", place.token.escape_default())
}

/// A session with the token of this label. The slot of a token changes, its label does not.
fn log_in(place: &TokenKey, secrets: &Secrets) -> Result<Session, KeyError> {
    let path = secrets.setting(MODULE, "the path of the module of the token")?;
    if !Path::new(&path).is_absolute() {
        return Err(ProviderFault::Malformed { variable: MODULE, expected: "an absolute path" }.into());
    }
    let pin = secrets.secret_if_given(PIN, &[MODULE, TOKEN])?.ok_or_else(|| secrets.not_given("the PIN", PIN))?;
    let module = load(&path)?;
    let of_module = |error| fault(&format!("the module `{path}`"), &error);
    let slots = module.get_slots_with_initialized_token().map_err(of_module)?;
    let labelled = |slot: &_| module.get_token_info(*slot).is_ok_and(|token| token.label() == place.token);
    let mut labelled = slots.into_iter().filter(labelled);
    let (slot, None) = (labelled.next(), labelled.next()) else {
        return Err(ProviderFault::Malformed { variable: TOKEN, expected: "the label of one token only" }.into());
    };
    let slot = slot.ok_or_else(|| ProviderFault::NoKey {
        who: format!("the module `{path}`"),
        what: format!("token labelled `{}`", place.token.escape_default()),
        mend: format!("see whether it is plugged in, and whether {MODULE} and {TOKEN} are right"),
    })?;
    let session = module.open_rw_session(slot).map_err(|error| fault(&name(place), &error))?;
    match session.login(UserType::User, Some(&AuthPin::from(pin.as_str()))) {
        // By another keyring of this process.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(error) => Err(fault(&name(place), &error)),
    }
}

fn load(path: &str) -> Result<Pkcs11, KeyError> {
    let who = || format!("the module `{path}`");
    let module = Pkcs11::new(path).map_err(|error| fault(&who(), &error))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(fault(&who(), &error)),
    }
}

fn find(session: &Session, place: &TokenKey) -> Result<Option<ObjectHandle>, KeyError> {
    let wanted = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Label(place.key.as_bytes().to_vec()),
    ];
    match session.find_objects(&wanted).map_err(|error| fault(&name(place), &error))?.as_slice() {
        [] => Ok(None),
        [key] => Ok(Some(*key)),
        _ => {
            let said = format!("it has several keys labelled `{}`", place.key.escape_default());
            Err(ProviderFault::Refused { who: name(place), said }.into())
        }
    }
}

fn make(session: &Session, place: &TokenKey) -> Result<ObjectHandle, KeyError> {
    let template = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::ValueLen((LENGTH as u64).into()),
        Attribute::Label(place.key.as_bytes().to_vec()),
    ];
    session.generate_key(&Mechanism::AesKeyGen, &template).map_err(|error| fault(&name(place), &error))
}

/// The key, unless it could be read out of the token.
fn stays_inside(session: &Session, key: ObjectHandle, place: &TokenKey) -> Result<ObjectHandle, KeyError> {
    let wanted = [AttributeType::Sensitive, AttributeType::Extractable];
    let found = session.get_attributes(key, &wanted).map_err(|error| fault(&name(place), &error))?;
    if found.contains(&Attribute::Sensitive(true)) && found.contains(&Attribute::Extractable(false)) {
        return Ok(key);
    }
    let said = format!("its key `{}` can be read out of it; take another label", place.key.escape_default());
    Err(ProviderFault::Refused { who: name(place), said }.into())
}

/// Whether the token says that it was given something else than it made. SoftHSM has one word for everything.
fn is_of_the_ciphertext(why: RvError) -> bool {
    matches!(why, RvError::GeneralError | RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange)
}

fn fault(who: &str, error: &Error) -> KeyError {
    let who = who.to_owned();
    let why = match error {
        // The words of the standard, which are pages long, are left out.
        Error::Pkcs11(why, function) => format!("{function} gives {why:?}"),
        other => other.to_string(),
    };
    let pin = |why: &str| ProviderFault::LoginRefused { who: who.clone(), credential: "PIN", why: why.to_owned() };
    match error {
        Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
            pin("it is another one")
        }
        Error::Pkcs11(RvError::PinLocked, _) => pin("it is locked after too many wrong ones"),
        Error::Pkcs11(RvError::PinExpired, _) => pin("it has expired"),
        Error::Pkcs11(RvError::UserPinNotInitialized, _) => pin("the token has none yet"),
        Error::LibraryLoading(_) | Error::MissingSymbol(_) => ProviderFault::Unreachable { who, why, variable: MODULE },
        Error::Pkcs11(RvError::TokenNotPresent | RvError::DeviceRemoved | RvError::DeviceError, _) => {
            ProviderFault::Unreachable { who, why, variable: MODULE }
        }
        _ => ProviderFault::Refused { who, said: why },
    }
    .into()
}
