-- What must always be true and is not: no rows in health. `python -m jobs doctor` asks the same.
select
    violation.invariant,
    violation.detail
from private.check_invariants() violation
order by violation.invariant;
