package dev.podpool.function.internal;

import java.io.Serializable;

/**
 * A class to derive functions from: their fields travel. What the class itself has, which
 * implements this directly, stays behind: its constructor without arguments runs where the function
 * arrives, and none of those derived from it.
 */
public interface FieldsTravel extends Serializable {}
