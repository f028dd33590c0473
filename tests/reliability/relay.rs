//! Bytes in both directions between two connections, until either ends.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

/// Connects to `target` and passes bytes on until one side closes; a target that can't be reached closes the client.
pub(crate) async fn relay(mut client: TcpStream, target: SocketAddr) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    for stream in [&client, &server] {
        _ = stream.set_nodelay(true);
    }
    // Whoever broke off, the other one sees it by its connection.
    _ = copy_bidirectional(&mut client, &mut server).await;
}
