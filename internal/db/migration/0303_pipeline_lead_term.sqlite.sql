-- Terms of the leads there were; adding days to a date is each engine's own.
UPDATE pipeline_lead SET next_step = 'verdict', due_on = date(found_on, '+3 days'), raised_on = date(found_on, '+6 days') WHERE state = 'new';
UPDATE pipeline_lead SET next_step = 'progress', due_on = date(judged_on, '+14 days'), raised_on = date(judged_on, '+28 days') WHERE state = 'qualified';
