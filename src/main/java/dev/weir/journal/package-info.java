/**
 * A durable log of small records that survives a kill of the process at any moment: one directory
 * per process, held by an operating system's lock, with one {@link dev.weir.journal.Chain} of
 * memory-mapped segments per writing thread.
 *
 * <p>Promises that what was appended is found again by whoever replays the directory after a kill
 * -9 (and after a loss of power, once {@link dev.weir.journal.Chain#sync} said so), that a torn
 * tail is recognised, that nobody reads the journal of a living process, that the disk space is
 * bounded and really there before it is promised, and that an append takes no lock and no system
 * call. Knows nothing of what its records mean. Entry points: {@link
 * dev.weir.journal.JournalDirectory} to write, {@link dev.weir.journal.Orphan} to replay. Uses core
 * only.
 */
@NullMarked
package dev.weir.journal;

import org.jspecify.annotations.NullMarked;
