package dev.podpool.queue.raft;

import java.net.InetSocketAddress;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * How replicas talk to each other: by TLS 1.3, in which both ends show a certificate. Whoever has
 * one that {@code trust} takes may append, vote and read all: it must take those of replicas only.
 *
 * @param listen where this replica listens for the others
 * @param identity its key and certificate, asked anew for each connection; to serve and to call
 * @param trust whose certificates are taken, asked anew for each connection. A replica that is
 *     called, or joins, must be the one at its address; one that calls may be any
 */
public record PeerNetwork(
    InetSocketAddress listen, X509ExtendedKeyManager identity, X509ExtendedTrustManager trust) {}
