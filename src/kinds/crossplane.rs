//! stub
use super::{Inference, Origin};
#[derive(Clone, Copy, Debug)]
pub enum Resource { A }
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flavour { ClusterScoped, Namespaced }
#[derive(Debug, serde::Deserialize)]
pub struct Managed<'a>{ #[serde(skip)] x: std::marker::PhantomData<&'a ()> }
impl Resource { pub(super) fn named(_: &str) -> Option<Self> { Some(Self::A) } pub(super) fn name(self) -> &'static str { "Instance" } }
pub(super) fn infer<'a>(_: Resource, _: Flavour, _: &'a Managed<'a>, _: Option<&'a Managed<'a>>, _: Origin) -> Inference<'a> { Inference::Nothing }
impl Flavour { pub(super) fn of_group(g: &str) -> Option<Self> { match g { "ecs.alibabacloud.crossplane.io"=>Some(Self::ClusterScoped), "ecs.alibabacloud.m.crossplane.io"=>Some(Self::Namespaced), _=>None } } }
