package dev.wrenn.control.api;

/// The server's end of one WebSocket, as its route sees it.
interface SocketSession {
    /// The client is connected.
    void open();

    /// A message arrived. Waiting here holds the client up.
    void message(String text) throws InterruptedException;

    /// The client is gone.
    void closed();

    /// The server goes.
    void goAway();

    /// The client has lost the right to be here.
    void sendOut();
}
