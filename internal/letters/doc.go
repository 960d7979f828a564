// Package letters takes in the letters of citizens (留言) and sees them answered
// (Articles 14(1) and 19(5)): received without an account, screened, assigned,
// drafted, reviewed by a second person, answered, published without personal
// data, concluded.
//
// The clock is an obligation of the site's sponsor, five working days from the
// day of receipt, which is not counted. Everything a citizen wrote, the answer
// included, is sealed with the house key; staff read it with telephone,
// identity number and name masked, and who needs to reach the writer reveals
// the contact with a reason that stays in the trail.
//
// Two doors: Service is for staff and takes a Scope; Desk is the counter for
// the public, which knows one site, one query code or one published reply.
//
// It decides who may follow whom (the reviewer is not the drafter, a letter is
// refused by two people), what a reader may see, and how much one address or
// telephone may send. It does not decide whether an answer is right, draws no
// page, and keeps no mailbox: letters by e-mail or hotline come in elsewhere.
package letters
