//! Which family an object belongs to, and the way from its text to operations.

use serde::de::{Deserialize, DeserializeSeed, Deserializer};

use super::{
    Inference, Origin,
    binding::{Binding, Bindings, BoundObject},
    crossplane::{self, Flavour, Managed, ManagedSeed, Resource},
    ecs_operation::{self, EcsOperation},
    karpenter::{self, NodeClaim},
    openshift::{self, Machine},
};

/// A family of kinds that can ask for ECS operations.
#[derive(Clone, Copy, Debug)]
pub enum Family<'b> {
    /// A managed resource of the Crossplane provider.
    Crossplane(Resource, Flavour),
    /// Karpenter's `NodeClaim`.
    NodeClaim,
    /// OpenShift's `Machine`.
    Machine,
    /// Our own plain request.
    EcsOperation,
    /// A kind that a user has bound.
    Bound(&'b Binding),
}

/// An object of a family, read as far as it matters.
#[derive(Debug)]
pub enum Object<'a> {
    /// A managed resource of the Crossplane provider.
    Crossplane(Box<Managed<'a>>),
    /// Karpenter's `NodeClaim`.
    NodeClaim(NodeClaim<'a>),
    /// OpenShift's `Machine`.
    Machine(Machine<'a>),
    /// Our own plain request.
    EcsOperation(EcsOperation<'a>),
    /// A kind that a user has bound.
    Bound(BoundObject),
}

impl<'b> Family<'b> {
    /// The family of a kind; none = it asks ECS for nothing that we know of.
    #[must_use]
    pub fn of(group: &str, kind: &str, bindings: &'b Bindings) -> Option<Self> {
        match (group, kind) {
            ("arrears.dev", "EcsOperation") => Some(Self::EcsOperation),
            ("karpenter.sh", "NodeClaim") => Some(Self::NodeClaim),
            ("machine.openshift.io", "Machine") => Some(Self::Machine),
            _ => match Flavour::of_group(group) {
                Some(flavour) => {
                    Resource::named(kind).map(|resource| Self::Crossplane(resource, flavour))
                }
                None => bindings.get(group, kind).map(Self::Bound),
            },
        }
    }

    /// What a change of an object asks for; `old` is none for a CREATE.
    #[must_use]
    pub fn infer<'a>(
        self,
        new: &'a Object<'a>,
        old: Option<&'a Object<'a>>,
        origin: Origin,
    ) -> Inference<'a>
    where
        'b: 'a,
    {
        match (self, new, old) {
            (Self::Crossplane(resource, _), Object::Crossplane(new), None) => {
                crossplane::infer(resource, new, None, origin)
            }
            (
                Self::Crossplane(resource, _),
                Object::Crossplane(new),
                Some(Object::Crossplane(old)),
            ) => crossplane::infer(resource, new, Some(old), origin),
            (Self::NodeClaim, Object::NodeClaim(new), old) => karpenter::infer(new, old.is_some()),
            (Self::Machine, Object::Machine(new), old) => openshift::infer(new, old.is_some()),
            (Self::EcsOperation, Object::EcsOperation(new), old) => {
                ecs_operation::infer(new, old.is_some())
            }
            (Self::Bound(binding), Object::Bound(new), None) => binding.infer(new, None),
            (Self::Bound(binding), Object::Bound(new), Some(Object::Bound(old))) => {
                binding.infer(new, Some(old))
            }
            _ => Inference::Nothing,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Family<'_> {
    type Value = Object<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object<'de>, D::Error> {
        Ok(match self {
            Self::Crossplane(resource, flavour) => Object::Crossplane(Box::new(
                ManagedSeed(resource, flavour).deserialize(deserializer)?,
            )),
            Self::NodeClaim => Object::NodeClaim(NodeClaim::deserialize(deserializer)?),
            Self::Machine => Object::Machine(Machine::deserialize(deserializer)?),
            Self::EcsOperation => Object::EcsOperation(EcsOperation::deserialize(deserializer)?),
            Self::Bound(_) => Object::Bound(BoundObject::deserialize(deserializer)?),
        })
    }
}
