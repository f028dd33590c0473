//! Schemas of fields whose Rust type can't say them by itself.

use schemars::{Schema, SchemaGenerator, json_schema};

/// An RFC 3339 date and time.
pub(super) fn date_time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

/// Lock reasons, as ECS spells them.
pub(super) fn lock_reasons(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 16,
        "items": { "type": "string", "minLength": 1, "maxLength": 64 },
    })
}
