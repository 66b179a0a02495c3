//! Staff who log in over openlib.

use circulation::id::Isil;

use super::statement::desk as sql;
use super::{Store, StoreError};

/// An operator account.
#[derive(Clone, PartialEq, Eq)]
pub struct Operator {
    /// name
    pub name: String,
    /// slow hash of what the original sends: the MD5 of the password, in hexadecimal digits
    pub password_hash: String,
    /// where the account stands
    pub branch: Option<String>,
}

impl Store {
    /// An operator account.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn operator(&self, of: &Isil, opuser: &str) -> Result<Option<Operator>, StoreError> {
        self.look(|db| {
            let Some(mut row) = db.rows(&sql::OPERATOR, &[of.into(), opuser.into()])?.pop() else {
                return Ok(None);
            };
            Ok(Some(Operator {
                name: row.text("operator.name")?,
                password_hash: row.text("operator.password_hash")?,
                branch: row.text_or_null("service_point.branch")?,
            }))
        })
    }

    /// Makes an operator account, or gives it another name and password.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn set_operator(
        &self,
        of: &Isil,
        opuser: &str,
        (name, password_hash): (&str, &str),
    ) -> Result<(), StoreError> {
        self.change(|db| {
            db.write(&sql::SET_OPERATOR, &[of.into(), opuser.into(), name.into(), password_hash.into()])
        })
    }

    /// Says in which branch an operator account stands; nothing: in none, it works for whatever branch an item belongs to.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed. A branch that is unknown is a fault of the database's.
    pub fn set_service_point(&self, of: &Isil, opuser: &str, branch: Option<&str>) -> Result<(), StoreError> {
        self.change(|db| match branch {
            Some(branch) => db.write(&sql::SET_SERVICE_POINT, &[of.into(), opuser.into(), branch.into()]),
            None => db.write(&sql::NO_SERVICE_POINT, &[of.into(), opuser.into()]),
        })
    }
}
