/** The composition root. */
@NullMarked
package dev.weir.app;

import org.jspecify.annotations.NullMarked;
