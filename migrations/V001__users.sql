-- Who a setting names. An unset setting reads as empty text once it has been set in a session: both mean nobody.
CREATE FUNCTION weir_user() RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('weir.user_id', true), '');
