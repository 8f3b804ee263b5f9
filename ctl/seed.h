/* The demo's SQL, sql/seed/ *.sql, as gen_sql.py embeds it. */
#ifndef CARE_CTL_SEED_H
#define CARE_CTL_SEED_H

struct seed {
	const char *name;
	const char *sql;
};

/* In name order; ends with a NULL name. */
extern const struct seed seeds[];

#endif
