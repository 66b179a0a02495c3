//! Values on their way to the server, and cells on their way back.

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::engine::{Cell, Row, Value};

/// A value on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Owned {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
    /// a column of several sets of values
    Column(Vec<Self>),
}

impl From<&Value<'_>> for Owned {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(int) => Self::Int(*int),
            Value::Text(text) => Self::Text((*text).to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

type Fault = Box<dyn core::error::Error + Sync + Send>;

impl ToSql for Owned {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) if *kind == Type::INT4 => i32::try_from(*int)?.to_sql(kind, out),
            Self::Int(int) => int.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(kind, out),
            Self::Texts(texts) => texts.to_sql_checked(kind, out),
            Self::Column(values) => values.to_sql_checked(kind, out),
        }
    }

    // What fits is checked by the value itself, above.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

struct Taken(Cell);

impl<'a> FromSql<'a> for Taken {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self(match *kind {
            Type::INT8 => Cell::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Cell::Int(i32::from_sql(kind, raw)?.into()),
            Type::BYTEA => Cell::Bytes(Vec::from_sql(kind, raw)?),
            _ => Cell::Text(String::from_sql(kind, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self(Cell::Null))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BYTEA, Type::TEXT].contains(kind)
    }
}

/// A row as the rest of the store reads it.
pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let cells = (0..row.len()).map(|column| row.try_get::<_, Taken>(column).map(|taken| taken.0));
    Ok(Row::new(cells.collect::<Result<_, _>>()?))
}
