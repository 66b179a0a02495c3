//! One running central: its store, its tokens, its clock.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use circulation::id::Isil;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cashier::Cashier;
use crate::certificate::CertificateKey;
use crate::clock::{self, Clock};
use crate::password::{self, Cost, HashError};
use crate::people::door::Door;
use crate::seed::laiwu::{self, District, Scale};
use crate::seed::{self, Demo, SeedError};
use crate::store::{Address, Dealt, Desk, Hashes, OpenError, Phase, Sown, Store, StoreError};
use crate::token::Tokens;

/// What can be set.
#[derive(Clone)]
pub struct Settings {
    /// gives the library's local time
    pub clock: Clock,
    /// how long a token is good
    pub token_life: SignedDuration,
}

/// One running central. Clones are the same central.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    store: Store,
    tokens: Tokens,
    door: Door,
    snapshots: Arc<Semaphore>,
    settings: Settings,
    certificates: OnceLock<CertificateKey>,
    cashier: OnceLock<Arc<Cashier>>,
}

/// Why a made-up library was not sown. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SeedFailure {
    /// its data cannot be read
    #[error(transparent)]
    Data(#[from] SeedError),
    /// a password cannot be hashed
    #[error(transparent)]
    Hash(#[from] HashError),
    /// the store fails
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a kiosk has no secret.
#[derive(Debug, thiserror::Error)]
pub enum AdmitFailure {
    /// none can be made
    #[error(transparent)]
    Hash(#[from] HashError),
    /// the store fails
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Default for Settings {
    /// China's time, tokens of two hours.
    fn default() -> Self {
        Self { clock: clock::system(tz::offset(8)), token_life: SignedDuration::from_hours(2) }
    }
}

impl App {
    /// Opens the database at `path`, making it if there is none. Blocks.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(path: &Path, settings: Settings) -> Result<Self, OpenError> {
        Self::open_at(&Address::File(path.to_owned()), settings)
    }

    /// Opens a database, a file or a server's, making or migrating its schema as needed. Blocks.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open_at(address: &Address, settings: Settings) -> Result<Self, OpenError> {
        let store = Store::open(address)?;
        let snapshots = Arc::new(Semaphore::new(MAX_SNAPSHOTS));
        Ok(Self(Arc::new(Parts {
            store,
            tokens: Tokens::default(),
            door: Door::default(),
            snapshots,
            settings,
            certificates: OnceLock::new(),
            cashier: OnceLock::new(),
        })))
    }

    /// Sows the demo library (see [`seed`]) unless it is there. Blocks.
    ///
    /// # Errors
    /// [`SeedFailure`]
    pub fn seed_demo(&self) -> Result<Sown, SeedFailure> {
        let demo = Demo::on(self.now().date())?;
        if self.store().is_sown(&demo.institution)? {
            return Ok(Sown::Before);
        }
        let each = || {
            let hashes = demo.patrons.iter().map(|_| password::hash(seed::PASSWORD, Cost::Demo));
            hashes.collect::<Result<Vec<String>, HashError>>()
        };
        let hashes = Hashes {
            secret: password::hash(seed::SECRET, Cost::Demo)?,
            passwords: each()?,
            kiosk_pins: each()?,
        };
        Ok(self.store().sow(&demo, &hashes, &Desk { opuser: "seed".to_owned(), now: self.now() })?)
    }

    /// Gives a kiosk a secret of its own; the secret is in nobody's hands but the caller's. Blocks.
    ///
    /// # Errors
    /// [`AdmitFailure`]; then nothing was changed.
    pub fn admit_kiosk(&self, of: &Isil, kiosk: &str, who: (&str, DateTime)) -> Result<String, AdmitFailure> {
        let mut bytes = [0_u8; 24];
        getrandom::fill(&mut bytes).map_err(HashError::Random)?;
        let secret = password::hex(&bytes);
        // 192 random bits need no slow hash, and a kiosk that starts with all others of a district must not wait for one.
        let hash = password::hash(&secret, Cost::Random)?;
        self.store().admit_kiosk(of, kiosk, &hash, who)?;
        Ok(secret)
    }

    /// Sows the made-up district (see [`seed::laiwu`]) unless it is there. Blocks; the whole of it takes minutes.
    ///
    /// # Errors
    /// [`SeedFailure`]
    pub fn seed_district(&self, scale: Scale) -> Result<Sown, SeedFailure> {
        let of = District::institution().map_err(SeedError::from)?;
        if self.store().has_district(&of)? {
            return Ok(Sown::Before);
        }
        let some = || {
            let hashes = (0..laiwu::N_HASHES).map(|_| password::hash(seed::PASSWORD, Cost::Demo));
            hashes.collect::<Result<Vec<String>, HashError>>()
        };
        let secret = password::hash(laiwu::SECRET, Cost::Demo)?;
        let dealt = Dealt { secret, passwords: some()?, kiosk_pins: some()? };
        let desk = Desk { opuser: "seed".to_owned(), now: self.now() };
        let district = District { scale };
        self.store().meter().begin(Phase::Writing, district.n_rows());
        let sown = self.store().sow_district(&of, district, &dealt, &desk)?;
        self.store().index_titles(&of)?;
        Ok(sown)
    }

    /// Whether a made-up library, whose secrets everybody knows, is served.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn is_demo(&self) -> Result<bool, StoreError> {
        if District::institution().map_or(Ok(false), |of| self.store().has_district(&of))? {
            return Ok(true);
        }
        Isil::parse(seed::INSTITUTION).map_or(Ok(false), |of| self.store().is_sown(&of))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The library's local time.
    #[must_use]
    pub fn now(&self) -> DateTime {
        (self.0.settings.clock)()
    }

    /// Gives the key for numbers of identity cards. Without one no such number is taken. The first one stays.
    pub fn set_certificate_key(&self, key: CertificateKey) {
        self.0.certificates.get_or_init(|| key);
    }

    pub(crate) fn certificate_key(&self) -> Option<&CertificateKey> {
        self.0.certificates.get()
    }

    /// Says who takes money for cards that machines make. Without it nobody does. The first one stays.
    pub fn set_cashier(&self, cashier: Arc<Cashier>) {
        self.0.cashier.get_or_init(|| cashier);
    }

    pub(crate) fn cashier(&self) -> Option<Arc<Cashier>> {
        self.0.cashier.get().cloned()
    }

    /// Makes an operator account for openlib's log-in, or gives it another name and password. Blocks.
    ///
    /// # Errors
    /// [`SeedFailure::Hash`], [`SeedFailure::Store`]
    pub fn set_operator(
        &self,
        of: &Isil,
        opuser: &str,
        (name, password): (&str, &str),
        cost: Cost,
    ) -> Result<(), SeedFailure> {
        let hash = password::hash(&password::md5_hex(password), cost)?;
        Ok(self.store().set_operator(of, opuser, (name, &hash))?)
    }

    pub(crate) fn token_life(&self) -> SignedDuration {
        self.0.settings.token_life
    }

    pub(crate) fn door(&self) -> &Door {
        &self.0.door
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// Leave to send one snapshot, if not too many are under way.
    pub(crate) fn snapshot_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.snapshots).try_acquire_owned().ok()
    }
}

/// Snapshots under way at once: each reads pages of the store, one after another.
const MAX_SNAPSHOTS: usize = 4;
