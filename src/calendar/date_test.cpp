#include "calendar/date.h"
#include <gtest/gtest.h>
