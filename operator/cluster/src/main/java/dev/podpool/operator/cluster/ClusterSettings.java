package dev.podpool.operator.cluster;

/**
 * What whoever installs the operator decides.
 *
 * @param workerImage image of workers whose pool names none
 * @param queueImage image of queues
 * @param makesDefaultQueue whether a namespace with a pool, and no queue named default, gets one
 * @param operatorNamespace where the operator runs, and so calls queues from
 */
record ClusterSettings(
    String workerImage, String queueImage, boolean makesDefaultQueue, String operatorNamespace) {}
