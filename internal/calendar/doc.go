// Package calendar decides what day it is in law, and how days are counted.
//
// It holds the civil Date (no clock, no zone; the law's day is the day in
// Asia/Shanghai), the Clock every other package is given instead of time.Now,
// the working days of the yearly notices of the State Council General Office,
// and the three ways a statutory period runs:
//
//   - 工作日: the day of receipt is not counted, made-up working days are;
//   - 日 (calendar days): the first day is not counted;
//   - 月 and 年: calendar months, clamped to the end of the month
//     (31 January and one month is 28 or 29 February).
//
// It does not decide who owes what by when (package obligation), nor whether a
// period was kept (package rules). Days the notices do not cover yet are
// answered from the weekends alone and marked Provisional; nothing here guesses
// at a holiday.
package calendar
