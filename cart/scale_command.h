/* scale_command - `cartwright scale status|zero|tare|calibrate|log`. argv starts at the verb. */
#pragma once

int scale_command(int argc, char **argv);
