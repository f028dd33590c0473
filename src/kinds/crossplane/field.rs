//! What a table says of one field: what it holds, and what its removal means.

use crate::kinds::lenient::Shape;

/// A field that decides something.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name, as in the CRD.
    pub(super) name: &'static str,
    /// What it holds, and so how two of its values are compared.
    pub(super) form: Form,
    /// What it means to take it out of the spec.
    pub(super) removal: Removal,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Flag,
    /// A list of strings without order.
    Set,
    /// A map of strings; the three entries that the provider adds by itself don't count.
    Tags,
    /// A list of objects, or one object; these of their keys change nothing.
    Items(&'static [&'static str]),
    /// A list, compared as a whole.
    List,
    /// Anything, compared as a whole.
    Whole,
}

/// What it means to take a field out of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// Nothing: the observed value is kept, or written back before the provider plans.
    Nothing,
    /// A change, unless the policies let the provider write the observed value back.
    Change,
    /// A change always: a reference to a Secret is never written back.
    ChangeAlways,
}

// === impl Field ===

impl Field {
    const fn new(name: &'static str, form: Form) -> Self {
        Self {
            name,
            form,
            removal: Removal::Nothing,
        }
    }

    pub(super) const fn text(name: &'static str) -> Self {
        Self::new(name, Form::Text)
    }

    pub(super) const fn number(name: &'static str) -> Self {
        Self::new(name, Form::Number)
    }

    pub(super) const fn flag(name: &'static str) -> Self {
        Self::new(name, Form::Flag)
    }

    pub(super) const fn set(name: &'static str) -> Self {
        Self::new(name, Form::Set)
    }

    pub(super) const fn tags(name: &'static str) -> Self {
        Self::new(name, Form::Tags)
    }

    pub(super) const fn items(name: &'static str, ignored: &'static [&'static str]) -> Self {
        Self::new(name, Form::Items(ignored))
    }

    pub(super) const fn list(name: &'static str) -> Self {
        Self::new(name, Form::List)
    }

    pub(super) const fn whole(name: &'static str) -> Self {
        Self::new(name, Form::Whole)
    }

    pub(super) const fn removed_as(self, removal: Removal) -> Self {
        Self { removal, ..self }
    }
}

// === impl Form ===

impl Form {
    /// What a controller could use, where a value of this shape is of no use to it.
    pub(super) fn mismatch(self, found: Shape) -> Option<&'static str> {
        let (fits, expected) = match self {
            Self::Text => (found == Shape::String, "a string"),
            Self::Number => (found == Shape::Number, "a number"),
            Self::Flag => (found == Shape::Boolean, "a boolean"),
            Self::Set => (found == Shape::List, "a list of strings"),
            Self::Tags => (found == Shape::Object, "an object"),
            Self::Items(_) => (
                matches!(found, Shape::List | Shape::Object),
                "a list of objects",
            ),
            Self::List => (found == Shape::List, "a list"),
            Self::Whole => return None,
        };
        (!fits).then_some(expected)
    }
}
