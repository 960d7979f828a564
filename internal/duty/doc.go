// Package duty is the 24-hour watch of an office over the sites it answers for
// (读网值班, Article 19(4)): the roster and its swaps, the hand-over with both
// signatures, the daily record that a named person confirms over what the
// monitors saw, the alarms and whom they reach, the incident room, and the
// emergency takedown by two persons.
//
// It decides who is on duty, which roster may be published (the law is in
// sx2021.CheckDutyRoster), which things seen are one cause and so one alarm, and
// when an alarm goes on: to the next on the roster, the leaders of the unit, the
// duty of the office above and of the province. It looks at no site itself (inspection does) and takes nothing down by a way of
// its own (library's withdrawal is the only one).
package duty
