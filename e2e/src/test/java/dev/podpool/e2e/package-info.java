/** What only a real cluster can show, asserted from outside: with kubectl and with the client. */
package dev.podpool.e2e;
