package dev.weir.gateway;

import java.util.Optional;

/**
 * A web page that an answer rests on.
 *
 * @param url its address
 * @param title its title, or empty
 * @param snippet the passage found, or empty
 * @param date its date as the provider gives it
 */
public record Source(String url, String title, String snippet, Optional<String> date) {}
