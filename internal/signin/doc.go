// Package signin knows logins: passwords, lock-out, second factors, server
// sessions and API tokens. It answers who somebody is and with which posts;
// what a post permits is authz's to say, and whose posts they are is org's.
//
// A sign-in climbs stages: the password; a time-based code where a held role
// decides over others (authz.RoleInfo.SecondFactor) or the login has set one
// up; setting one up when such a role has none yet; a new password when
// somebody else chose the present one. Only the stage In is a session that
// anything else of the house sees, and the stage is worked out anew for every
// request, so a role granted this minute asks for its second factor the next.
//
// Five failures within fifteen minutes lock a login, known or not, for fifteen
// minutes, then thirty, then sixty (at most four hours) within a day; thirty
// failures from one address close the door to that address, which may be a
// whole office behind one gateway. Successes, failures and locks are in the
// audit trail.
//
// Sessions live in the database, so every process sees and ends them. The
// package writes no cookie and knows no HTTP: signinweb does.
package signin
