//! Which family an object belongs to, and the way from its text to operations.

use serde::de::{Deserialize, DeserializeSeed, Deserializer};

use super::{
    Inference, Origin,
    binding::{Binding, Bindings, BoundObject},
    crossplane::{self, Flavour, Managed, Resource},
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

    /// The name of its kinds for a label of bounded cardinality.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Crossplane(resource, _) => resource.name(),
            Self::NodeClaim => "NodeClaim",
            Self::Machine => "Machine",
            Self::EcsOperation => "EcsOperation",
            Self::Bound(_) => "bound",
        }
    }

    /// Whether its objects live in namespaces; not known of kinds that users have bound.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        match self {
            Self::Crossplane(_, flavour) => flavour == Flavour::Namespaced,
            Self::Machine | Self::EcsOperation => true,
            Self::NodeClaim | Self::Bound(_) => false,
        }
    }

    /// Reads an object from the JSON of a manifest.
    ///
    /// # Errors
    /// Where the text is no JSON object.
    pub fn read<'de>(self, text: &'de [u8]) -> Result<Object<'de>, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let object = self.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(object)
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
        match (self, new) {
            (Self::Crossplane(resource, flavour), Object::Crossplane(new)) => {
                let old = old.and_then(Object::as_crossplane);
                crossplane::infer(resource, flavour, new, old, origin)
            }
            (Self::NodeClaim, Object::NodeClaim(new)) => {
                karpenter::infer(new, old.and_then(Object::as_node_claim))
            }
            (Self::Machine, Object::Machine(new)) => {
                openshift::infer(new, old.and_then(Object::as_machine))
            }
            (Self::EcsOperation, Object::EcsOperation(new)) => {
                ecs_operation::infer(new, old.and_then(Object::as_ecs_operation))
            }
            (Self::Bound(binding), Object::Bound(new)) => {
                binding.infer(new, old.and_then(Object::as_bound), origin)
            }
            _ => Inference::Nothing,
        }
    }
}

/// Old and new object of a change are of one family, the new one's.
macro_rules! as_family {
    ($($name:ident $variant:ident $object:ty),+ $(,)?) => {
        impl<'a> Object<'a> {
            $(fn $name(&self) -> Option<&$object> {
                match self {
                    Self::$variant(object) => Some(object),
                    _ => None,
                }
            })+
        }
    };
}

as_family!(
    as_crossplane Crossplane Managed<'a>,
    as_node_claim NodeClaim NodeClaim<'a>,
    as_machine Machine Machine<'a>,
    as_ecs_operation EcsOperation EcsOperation<'a>,
    as_bound Bound BoundObject,
);

impl<'de> DeserializeSeed<'de> for Family<'_> {
    type Value = Object<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object<'de>, D::Error> {
        Ok(match self {
            Self::Crossplane(..) => {
                Object::Crossplane(Box::new(Managed::deserialize(deserializer)?))
            }
            Self::NodeClaim => Object::NodeClaim(NodeClaim::deserialize(deserializer)?),
            Self::Machine => Object::Machine(Machine::deserialize(deserializer)?),
            Self::EcsOperation => Object::EcsOperation(EcsOperation::deserialize(deserializer)?),
            Self::Bound(binding) => Object::Bound(binding.read(deserializer)?),
        })
    }
}
