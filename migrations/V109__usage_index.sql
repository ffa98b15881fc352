-- No reader asks for calls by function and time: analytics by function stand in the roll-ups. It cost the writer more than
-- any other index, one random page a row.
DROP INDEX ai_usage_metrics_function;
