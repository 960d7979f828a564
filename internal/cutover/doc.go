// Package cutover takes over what was there before the system (存量认定,
// readings 10): the supervisor confirms on what each existing site, account and
// app stands, with this year's offline use carried in, and what Article 7
// speaks against goes to a list to be cleared with a plan and a date.
//
// The record itself is registry's (registry.Baseline), so that the lifecycles
// read it without knowing this package. Until the province sets a day, an entry
// of the list is no finding; the day is a setting. It does not decide how an
// object is closed or merged (lifecycle).
package cutover
