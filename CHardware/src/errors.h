/*
 * From errno to the closed set of the contract.
 */
#ifndef CHW_ERRORS_H
#define CHW_ERRORS_H

#include "chw.h"

/* What an errno means for opening and for lines. */
chw_error error_of_errno(int system_error);

/* What an errno means for a transfer on a bus. */
chw_error error_of_transfer(int system_error);

#endif
