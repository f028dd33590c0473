//! Taking parts of the plane away for a while: for a test binary that has the plane for itself.

use super::{Plane, start};

impl Plane {
    /// Ends the API server and starts it anew on the same port and data; returns when it is ready.
    pub(crate) async fn restart_api_server(&self) {
        let mut processes = self.processes.lock().await;
        processes[1].restart().await;
        start::until_ready(self.folder(), &mut processes)
            .await
            .unwrap_or_else(|reason| panic!("the API server does not come back: {reason}"));
    }

    /// Holds etcd still, and with it everything that is not in the API server's memory.
    pub(crate) async fn pause_etcd(&self) {
        self.processes.lock().await[0].pause();
    }

    /// Lets etcd go on.
    pub(crate) async fn resume_etcd(&self) {
        self.processes.lock().await[0].resume();
    }
}
