// Package signinweb is the door of sign-in: the login page, the second
// factor, one's own password and sessions, and the security administrator's
// list of logins. It is the router's web.Gate: it reads the cookie of every
// request and says who is there.
//
// It decides cookies and form tokens. Cookie zs carries the session's token
// (HttpOnly, SameSite=Lax, Secure and __Host- behind TLS) and nothing else; a
// visitor nobody knows gets cookie zsf, a random number under the house key,
// and no row in the database. A form's token is derived from whichever of the
// two the browser sent, so it ends with it.
//
// Who may come in, and how far a sign-in has come, is signin's to decide. A
// session that still lacks its second factor or a password of its own is
// nobody to the router.
package signinweb
