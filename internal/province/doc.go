// Package province keeps what the province and its system administrator have
// chosen: the settings the regulation leaves open (sx2021.Settings) with who,
// when, from which day and why; the holiday notices of the State Council as
// they are entered; and how the system sends mail and calls webhooks.
//
// It decides who may choose (only the provincial office sets the province's
// choices, only the system administrator the system's), and that a choice that
// cannot stand is refused with its sentence. It does not decide what a setting
// does: the rules that read it do.
package province
