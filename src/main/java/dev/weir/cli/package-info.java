/**
 * The command line: {@code ./weir}.
 *
 * <p>Promises that every command tells what it does by {@code --help}, that the standard output
 * holds the result and nothing else, that errors say what to do next, and that the exit code tells
 * the outcome ({@link dev.weir.cli.ExitCode}). Entry: {@link dev.weir.cli.WeirCommand}; what needs
 * the whole house comes in as {@link dev.weir.cli.Actions}. Commands block; nothing here runs on an
 * event loop. Uses the doors' JSON and {@code access}; used by {@code app}.
 */
@NullMarked
package dev.weir.cli;

import org.jspecify.annotations.NullMarked;
