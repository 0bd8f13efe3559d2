package field

import (
	"time"

	"zhudian/internal/fault"
)

func checkDay(c *fault.Checks, field, day, today, labelZH, labelEN string) {
	if day == "" {
		c.Require(field, day, labelZH, labelEN)
		return
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		c.Add(field, "not_a_date", labelZH+"写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		return
	}
	if day > today {
		c.Add(field, "future_date", labelZH+"不能晚于今天（"+today+"）。", labelEN+" cannot be later than today ("+today+").")
	}
}

func checkTime(c *fault.Checks, field, v string) {
	if v == "" {
		return
	}
	if _, err := time.Parse("15:04", v); err != nil {
		c.Add(field, "not_a_time", "时间写作 09:30 这样。", "Write the time like 09:30.")
	}
}
