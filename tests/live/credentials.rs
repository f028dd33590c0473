//! Keys from each of their sources, renewed in time, rotated under load, and told to nobody.

#[path = "credentials/hostile.rs"]
mod hostile;
#[path = "credentials/load.rs"]
mod load;
#[path = "credentials/logs.rs"]
mod logs;
#[path = "credentials/places.rs"]
mod places;
#[path = "credentials/renewal.rs"]
mod renewal;
#[path = "credentials/sources.rs"]
mod sources;
