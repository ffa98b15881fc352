package dev.weir.jobs;

import java.time.Instant;
import java.util.Optional;

/**
 * What this node knows of a job.
 *
 * @param name the job
 * @param leads whether this node leads it, as far as it knows
 * @param running whether its body is under way here
 * @param lastRun when its body was last started here
 * @param lastFailure what its last run here failed with; empty after one that did not
 */
public record JobStatus(
    String name,
    boolean leads,
    boolean running,
    Optional<Instant> lastRun,
    Optional<String> lastFailure) {}
