-- Terms of the leads there were; adding days to a date is each engine's own.
UPDATE pipeline_lead SET next_step = 'verdict', due_on = CAST(CAST(found_on AS DATE) + 3 AS TEXT), raised_on = CAST(CAST(found_on AS DATE) + 6 AS TEXT) WHERE state = 'new';
UPDATE pipeline_lead SET next_step = 'progress', due_on = CAST(CAST(judged_on AS DATE) + 14 AS TEXT), raised_on = CAST(CAST(judged_on AS DATE) + 28 AS TEXT) WHERE state = 'qualified';
