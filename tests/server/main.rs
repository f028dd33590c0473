//! The server over real sockets: what every kind of peer gets, and that no peer spoils it for another.

mod admin;
mod bodies;
mod client;
mod crowd;
mod drain;
mod feed;
mod fixture;
mod requests;
mod rotation;
