//! Which family an object belongs to, and the way from its text to operations.

use serde::de::{Deserialize, DeserializeSeed, Deserializer};

use super::{
    Inference, Origin,
    binding::{Binding, Bindings, BoundObject},
    crossplane::{self, Extent, Flavour, Managed, ManagedSeed, Resource},
    ecs_operation::{self, EcsOperation},
    karpenter::{self, NodeClaim},
    openshift::{self, Machine},
};

/// A family of kinds that can ask for ECS operations.
#[derive(Clone, Copy, Debug)]
pub struct Family<'b>(Known<'b>);

#[derive(Clone, Copy, Debug)]
enum Known<'b> {
    Crossplane(Resource, Flavour, Extent),
    NodeClaim,
    Machine,
    EcsOperation,
    Bound(&'b Binding),
}

/// An object of a family, read as far as it matters.
#[derive(Debug)]
pub struct Object<'a>(Read<'a>);

#[derive(Debug)]
enum Read<'a> {
    Crossplane(Box<Managed<'a>>),
    NodeClaim(NodeClaim<'a>),
    Machine(Machine<'a>),
    EcsOperation(EcsOperation<'a>),
    Bound(BoundObject),
}

impl<'b> Family<'b> {
    /// The family of a kind; none = it asks ECS for nothing that we know of.
    #[must_use]
    pub fn of(group: &str, kind: &str, bindings: &'b Bindings) -> Option<Self> {
        let known = match (group, kind) {
            ("arrears.dev", "EcsOperation") => Some(Known::EcsOperation),
            ("karpenter.sh", "NodeClaim") => Some(Known::NodeClaim),
            ("machine.openshift.io", "Machine") => Some(Known::Machine),
            _ => match Flavour::of_group(group) {
                Some(flavour) => Resource::named(kind)
                    .map(|resource| Known::Crossplane(resource, flavour, Extent::Whole)),
                None => bindings.get(group, kind).map(Known::Bound),
            },
        };
        known.map(Self)
    }

    /// The same family, for an object that an API server has replaced: a status that is a subresource goes over to the
    /// new object unchanged, and needs no second reading.
    #[must_use]
    pub fn replaced(self) -> Self {
        Self(match self.0 {
            Known::Crossplane(resource, flavour, _) => {
                Known::Crossplane(resource, flavour, Extent::Request)
            }
            known => known,
        })
    }

    /// The name of its kinds for a label of bounded cardinality.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self.0 {
            Known::Crossplane(resource, ..) => resource.name(),
            Known::NodeClaim => "NodeClaim",
            Known::Machine => "Machine",
            Known::EcsOperation => "EcsOperation",
            Known::Bound(_) => "bound",
        }
    }

    /// Whether its objects live in namespaces; not known of kinds that users have bound.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        match self.0 {
            Known::Crossplane(_, flavour, _) => flavour == Flavour::Namespaced,
            Known::Machine | Known::EcsOperation => true,
            Known::NodeClaim | Known::Bound(_) => false,
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
        match (self.0, &new.0) {
            (Known::Crossplane(resource, flavour, _), Read::Crossplane(new)) => {
                let old = old.and_then(Object::as_crossplane);
                crossplane::infer(resource, flavour, new, old, origin)
            }
            (Known::NodeClaim, Read::NodeClaim(new)) => {
                karpenter::infer(new, old.and_then(Object::as_node_claim))
            }
            (Known::Machine, Read::Machine(new)) => {
                openshift::infer(new, old.and_then(Object::as_machine))
            }
            (Known::EcsOperation, Read::EcsOperation(new)) => {
                ecs_operation::infer(new, old.and_then(Object::as_ecs_operation))
            }
            (Known::Bound(binding), Read::Bound(new)) => {
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
                match &self.0 {
                    Read::$variant(object) => Some(object),
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
        Ok(Object(match self.0 {
            Known::Crossplane(resource, _, extent) => Read::Crossplane(Box::new(
                ManagedSeed(resource, extent).deserialize(deserializer)?,
            )),
            Known::NodeClaim => Read::NodeClaim(NodeClaim::deserialize(deserializer)?),
            Known::Machine => Read::Machine(Machine::deserialize(deserializer)?),
            Known::EcsOperation => Read::EcsOperation(EcsOperation::deserialize(deserializer)?),
            Known::Bound(binding) => Read::Bound(binding.read(deserializer)?),
        }))
    }
}
